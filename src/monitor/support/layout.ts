/** Where things are in the memory of the support library: shared by its source and by the reader of reports. Bytes. */

export const Fixed = {
  /** Words of the key that is being given; as many as `mostKeyWords`. */
  key: 16,
  /** Heads of the lists of free blocks, by class. */
  freeLists: 784,
  heap: 1024,
} as const;

/** Words that a map's key can have. */
export const mostKeyWords = 64;

/** In front of each block stands its class: the exponent of its size. */
export const Block = { header: 8 } as const;

export const StringEntry = { address: 0, length: 4, size: 8 } as const;

/** A map; `entries` is an array of key words and value words, `table` twice `room` entry numbers plus one, by hash. */
export const MapHeader = {
  keyWords: 0,
  valueWords: 4,
  count: 8,
  room: 12,
  entries: 16,
  table: 20,
  size: 24,
} as const;

/** In printed text: what follows the escape. */
export const Mark = {
  escape: 255,
  /** The byte 255 itself. */
  itself: 98,
  /** Four bytes of a float. */
  single: 102,
  /** Eight bytes of a float. */
  double: 100,
} as const;
