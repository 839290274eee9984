/** What a system's error codes mean, for people: of a file or stream that is written, or an address that is listened on. */

const words: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EADDRINUSE: "something else listens there",
  EADDRNOTAVAIL: "there is no such address",
  EBADF: "it is closed",
  EDQUOT: "the disk quota is used up",
  EEXIST: "a file stands where a folder should be",
  EFBIG: "it became too large for the file system",
  EIO: "the device failed",
  EISDIR: "it is a folder",
  ELOOP: "its links lead in a circle",
  EMFILE: "too many files are open",
  ENAMETOOLONG: "the name is too long",
  ENOENT: "there is no such folder",
  ENOSPC: "the disk is full",
  ENOTDIR: "a file stands where a folder should be",
  EPERM: "permission denied",
  EPIPE: "its reader has gone",
  EROFS: "the file system is read-only",
};

/** `the disk is full (ENOSPC)`; a code without words stands for itself. */
export function systemText(code: string): string {
  return Object.hasOwn(words, code) ? `${words[code]} (${code})` : code;
}
