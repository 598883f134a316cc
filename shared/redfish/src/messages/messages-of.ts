import { objectAt, textAt } from '../resources/read-json.ts'
import type { JsonObject, JsonValue } from '../resources/resource.ts'
import { baseMessageText } from './base-messages.ts'
import type { RedfishMessage } from './redfish-message.ts'

const INFO = '@Message.ExtendedInfo'
/** Entries that are read of one answer. */
const ENTRY_LIMIT = 50
const TEXT_LIMIT = 300
/** How deep a property with an annotation may lie. */
const ANNOTATION_DEPTH = 6

/** The messages of an answer: of its error, of the resource, and of its properties; none for another body. */
export function messagesOf(body: JsonObject | undefined): RedfishMessage[] {
  if (!body) return []
  const error = objectAt(body, 'error')
  const listed = [...entries(error?.[INFO]), ...entries(body[INFO])].map((entry) => readMessage(entry))
  if (listed.length === 0 && error) {
    const only = readMessage({ MessageId: error.code, Message: error.message })
    if (only.id !== '' || only.text !== '') listed.push(only)
  }
  return listed.slice(0, ENTRY_LIMIT)
}

/** Annotations of single properties, `Boot@Message.ExtendedInfo`, at any depth: what a successful write left out. */
export function propertyMessages(body: JsonObject | undefined): { property: string; message: RedfishMessage }[] {
  const found: { property: string; message: RedfishMessage }[] = []
  const visit = (value: JsonValue | undefined, depth: number) => {
    if (!isObject(value) || depth > ANNOTATION_DEPTH) return
    for (const [name, inner] of Object.entries(value)) {
      if (found.length >= ENTRY_LIMIT) return
      if (name.endsWith(INFO) && name !== INFO) {
        const property = name.slice(0, -INFO.length)
        for (const entry of entries(inner)) found.push({ property, message: readMessage(entry) })
      } else visit(inner, depth + 1)
    }
  }
  visit(body, 0)
  return found
}

/** One line without control characters, cut where it is long. */
export function oneLine(text: string, limit = TEXT_LIMIT): string {
  const line = text.replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ').trim()
  return line.length <= limit ? line : `${line.slice(0, limit - 1)}…`
}

function readMessage(entry: JsonObject): RedfishMessage {
  const id = oneLine(textAt(entry, 'MessageId') ?? '', 120)
  const key = id.split('.').pop() ?? ''
  const args = list(entry.MessageArgs).map((arg) => oneLine(typeof arg === 'object' ? '' : String(arg)))
  const severity = textAt(entry, 'MessageSeverity') ?? textAt(entry, 'Severity')
  const properties = list(entry.RelatedProperties).flatMap((property) =>
    typeof property === 'string' ? [oneLine(property.split('/').pop() ?? '', 120)] : [],
  )
  const said = oneLine(textAt(entry, 'Message') ?? '')
  const text = said || (baseMessageText(key, args) ?? words(key))
  return { id, key, text, args, properties, ...(severity !== undefined && { severity: oneLine(severity, 40) }) }
}

/** `PropertyNotWritable` → `Property not writable`. */
function words(key: string): string {
  const spaced = key.replace(/(?<=[a-z0-9])(?=[A-Z])/g, ' ').toLowerCase()
  return spaced === '' ? '' : `${spaced[0]?.toUpperCase()}${spaced.slice(1)}.`
}

function entries(value: JsonValue | undefined): JsonObject[] {
  const all = isObject(value) ? [value] : list(value)
  return all.slice(0, ENTRY_LIMIT).filter(isObject)
}

function list(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? value.slice(0, ENTRY_LIMIT) : []
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
