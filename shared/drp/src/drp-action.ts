import { FieldReader, type JsonObject } from './field-reader.ts'

/** An action that an endpoint sends to a plugin (§3). `Model` is the complete object that it acts on. */
export interface DrpAction {
  readonly Model: JsonObject
  readonly Plugin: string
  readonly Command: string
  readonly CommandSet: string
  readonly Params: JsonObject
}

/** The `Model` of a system action is an empty object. @throws DecodeError */
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
