import { FieldReader } from './field-reader.ts'

/** An event of the endpoint (§3). Its subject is `Type.Action.Key`. */
export interface DrpEvent {
  /** RFC 3339. */
  readonly Time: string
  readonly Type: string
  readonly Action: string
  readonly Key: string
  readonly Principal: string
  readonly Object: unknown
  readonly Original: unknown
  /** Powerbus only: events with the same id are the same event. */
  readonly Id?: string
}

/** @throws DecodeError */
export function decodeDrpEvent(value: unknown): DrpEvent {
  const read = new FieldReader(value, 'Event')
  const id = read.string('Id', '')
  return {
    Time: read.string('Time', ''),
    Type: read.name('Type'),
    Action: read.name('Action'),
    Key: read.string('Key', ''),
    Principal: read.string('Principal', ''),
    Object: read.any('Object') ?? null,
    Original: read.any('Original') ?? null,
    ...(id !== '' && { Id: id }),
  }
}
