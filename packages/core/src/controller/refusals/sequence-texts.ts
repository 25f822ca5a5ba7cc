/** What clients read where a sequence is refused, and in the record of one that was let in and met it later. */
export const SEQUENCE_TOO_LONG = 'Too many actions in the sequence.'
export const SEQUENCE_COMPONENT_MISSING = 'Sequence component does not exist.'
