/** The API's answer to a request that it does not do: the status, and the text in `errors`. */
export class Refusal extends Error {
  readonly statusCode: number

  constructor(statusCode: number, text: string) {
    super(text)
    this.statusCode = statusCode
  }
}
