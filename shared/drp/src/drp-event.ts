import { FieldReader } from './field-reader.ts'

/** Something that happened (§3). Its subject is `Type.Action.Key`. */
export interface DrpEvent {
  /** RFC 3339. */
  readonly Time: string
  readonly Type: string
  readonly Action: string
  readonly Key: string
  readonly Principal: string
  readonly Object: unknown
  readonly Original: unknown
}

/** @throws DecodeError */
export function decodeDrpEvent(value: unknown): DrpEvent {
  const read = new FieldReader(value, 'Event')
  return {
    Time: read.string('Time', ''),
    Type: read.name('Type'),
    Action: read.name('Action'),
    Key: read.string('Key', ''),
    Principal: read.string('Principal', ''),
    Object: read.any('Object') ?? null,
    Original: read.any('Original') ?? null,
  }
}
