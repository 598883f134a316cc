/** A template that cannot be read or rendered, in words like Go's: `ID: what is wrong`. */
export class TemplateError extends Error {
  constructor(id: string, what: string) {
    super(`${id}: ${what}`)
    this.name = 'TemplateError'
  }
}
