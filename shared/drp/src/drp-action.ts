import { FieldReader, type JsonObject } from './field-reader.ts'

/** One action as an endpoint hands it to a plugin (§3). `Model` is the whole object that it is for. */
export interface DrpAction {
  readonly Model: JsonObject
  readonly Plugin: string
  readonly Command: string
  readonly CommandSet: string
  readonly Params: JsonObject
}

/** A system action has no model: an empty object. @throws DecodeError */
export function decodeDrpAction(value: unknown): DrpAction {
  const read = new FieldReader(value, 'Action')
  return {
    Model: read.object('Model', {}),
    Plugin: read.string('Plugin', ''),
    Command: read.name('Command'),
    CommandSet: read.string('CommandSet', ''),
    Params: read.object('Params', {}),
  }
}
