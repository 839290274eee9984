/**
 * The namespaces of known plugins, and where their files come from. A namespace ends with a version; which host drives
 * Shopify's generations, and how, is in host/shopify.
 */

interface PluginFamily {
  /** What comes before the version. */
  readonly prefix: string;
  /** For messages: where a user finds the plugin's file. */
  readonly source: string;
}

export const pluginFamilies = {
  shopify: {
    prefix: "shopify_functions_javy",
    source:
      "@shopify/cli keeps it in its folder bin once it has built a function, and it is found there; Shopify's function-runner carries it in its providers folder",
  },
  provider: {
    prefix: "javy_quickjs_provider",
    source:
      "Javy 1 to 3 wrote it with `javy emit-provider -o provider.wasm`; Shopify's function-runner carries it in its providers folder",
  },
  javy: {
    prefix: "javy-default-plugin",
    source: "Javy writes it with `javy emit-plugin -o plugin.wasm`; the version must be that of the module",
  },
} as const satisfies Readonly<Record<string, PluginFamily>>;

/** What providers of Javy 1 and 2, which do not name their namespace, are imported as. */
export const unnamedProvider = `${pluginFamilies.provider.prefix}_v1`;

/** Where the plugin of a namespace comes from. */
export function whereToFind(namespace: string): string {
  const family = Object.values(pluginFamilies).find(({ prefix }) => namespace.startsWith(prefix));
  return (
    family?.source ??
    "it is the plugin that the module was built with (javy build -C plugin=…), from the platform it is for"
  );
}
