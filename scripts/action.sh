#!/usr/bin/env bash
# What action.yml runs, in the folder of the configuration: installs javy-prof beside the project where the project has none,
# and checks. Takes VERSION, CONFIG, ARGS (a line each) and what a runner sets: GITHUB_WORKSPACE, RUNNER_TEMP.
set -euo pipefail

# The project's own, from its folder or one above it, goes first: it is the one that its lockfile names.
folder=$PWD
while [ ! -x "$folder/node_modules/.bin/javy-prof" ] && [ "$folder" != "$(dirname "$folder")" ]; do
  folder=$(dirname "$folder")
done
if [ ! -x "$folder/node_modules/.bin/javy-prof" ]; then
  folder=$RUNNER_TEMP/javy-prof
  package=javy-prof@$VERSION
  case $VERSION in
    *.tgz) package=$GITHUB_WORKSPACE/$VERSION ;;
  esac
  npm install --prefix "$folder" --no-audit --no-fund --no-save -- "$package"
fi

command=(check --format github)
if [ -n "$CONFIG" ]; then
  command+=(--config "$CONFIG")
fi
while IFS= read -r line; do
  line=${line%$'\r'}
  if [ -n "$line" ]; then
    command+=("$line")
  fi
done <<<"$ARGS"
"$folder/node_modules/.bin/javy-prof" "${command[@]}"
