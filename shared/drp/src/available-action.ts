import { FieldReader } from './field-reader.ts'

/** An action in a manifest (§2). `Model` is the kind of object that it acts on; empty means a system action. */
export interface AvailableAction {
  readonly Provider: string
  readonly Model: string
  readonly Command: string
  readonly RequiredParams: readonly string[]
  readonly OptionalParams: readonly string[]
}

/** @throws DecodeError */
export function decodeAvailableAction(value: unknown, place = 'AvailableAction'): AvailableAction {
  const read = new FieldReader(value, place)
  return {
    Provider: read.string('Provider', ''),
    Model: read.string('Model', ''),
    Command: read.name('Command'),
    RequiredParams: read.strings('RequiredParams'),
    OptionalParams: read.strings('OptionalParams'),
  }
}
