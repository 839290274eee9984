/** How many calls are kept, and shown, in their order. Beyond that viewers get slow long before files get large. */

export const mostOrderedCalls = 1_000_000;

/** The same in events: a call and its return. */
export const mostOrderedEvents = 2 * mostOrderedCalls;
