import type { JsonObject } from '@powerbus/drp'

const text = { type: 'string' }
const texts = { type: 'array', items: text }
const integer = { type: 'integer' }

function object(properties: JsonObject, required = Object.keys(properties)): JsonObject {
  return { type: 'object', properties, required }
}

/** Shapes of the API that are no models. */
export const apiSchemas: JsonObject = {
  Error: object({ Model: text, Key: text, Type: text, Messages: texts, Code: integer }),
  Event: object({ Time: text, Type: text, Action: text, Key: text, Principal: text, Object: {}, Original: {} }, [
    'Time',
    'Type',
    'Action',
    'Key',
  ]),
  AvailableAction: object({
    Provider: text,
    Model: text,
    Command: text,
    RequiredParams: texts,
    OptionalParams: texts,
  }),
  /** RFC 6902; drpcli sends `from` with every operation. */
  JsonPatch: {
    type: 'array',
    items: object(
      { op: { enum: ['add', 'remove', 'replace', 'move', 'copy', 'test'] }, path: text, from: text, value: {} },
      ['op', 'path'],
    ),
  },
  /** A value, or a sealed one: `{Key, Nonce, Payload}`. */
  ParamValues: { type: 'object', additionalProperties: true },
  Session: object({ Token: text, Info: { type: 'object' } }),
  TokenInfo: object({
    Id: text,
    Name: text,
    Owner: text,
    Role: { enum: ['read', 'act', 'admin'] },
    Scope: text,
    Parent: text,
    Made: text,
    Expires: text,
    LastUsed: text,
  }),
  NewToken: object({ Name: text, Owner: text, Role: { enum: ['read', 'act', 'admin'] }, Scope: text, Ttl: integer }, [
    'Name',
  ]),
  ContentSummary: object({
    meta: { type: 'object' },
    Counts: { type: 'object', additionalProperties: integer },
    Warnings: texts,
  }),
  StoredFile: object({ Path: text, Size: integer }),
  LogLine: object({ Group: integer, Seq: integer, Time: text, Service: text, Level: text, Message: text }),
}
