/** A refusal in the HMC's words. */
export class HmcRefusal extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}
