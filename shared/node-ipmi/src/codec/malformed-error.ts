/** Bytes that cannot be what they should be. Whoever reads a socket drops and counts them; callers never see it. */
export class MalformedError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'MalformedError'
  }
}
