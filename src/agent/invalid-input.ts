/** What a user gave does not fit; the message is a whole sentence: what, where, what to do. */
export class InvalidInput extends Error {
  override name = 'InvalidInput';
}
