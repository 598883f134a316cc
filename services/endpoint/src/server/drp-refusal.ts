import type { DrpError } from '@powerbus/drp'

/** A refusal with the Error object that Digital Rebar answers in its place, where its clients or scripts read more than the status. */
export class DrpRefusal extends Error {
  readonly status: number
  readonly body: DrpError

  constructor(status: number, { Model = '', Key = '', Type, Messages }: Partial<DrpError> & Pick<DrpError, 'Type'>) {
    const texts = Messages ?? []
    super(texts.join('; '))
    this.name = 'DrpRefusal'
    this.status = status
    this.body = { Model, Key, Type, Messages: texts, Code: status }
  }
}
