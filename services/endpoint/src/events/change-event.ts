import { isJsonObject, type JsonObject } from '@powerbus/drp'
import type { Change } from '../inventory/change.ts'
import type { ParamDefinitions } from '../inventory/param-definitions.ts'
import type { NewEvent } from './new-event.ts'

/**
 * The event `KIND.ACTION.KEY` with the object before and after the change. Secure params stay sealed. A secure param
 * that is still in plain text, since it was set before its definition was known, is left out.
 */
export function changeEvent(
  { id, time, kind, action, key, object, original, principal }: Change,
  params: ParamDefinitions,
): NewEvent {
  return {
    Id: id,
    Time: time,
    Type: kind,
    Action: action,
    Key: key,
    Principal: principal,
    Object: withoutBareSecrets(object, params),
    Original: original === undefined ? null : withoutBareSecrets(original, params),
  }
}

/** Leaves out the secure params of the object that are in plain text. */
export function withoutBareSecrets(object: JsonObject, definitions: ParamDefinitions): JsonObject {
  if (!isJsonObject(object.Params)) return object
  const shown = Object.entries(object.Params).filter(([name, value]) => !definitions.isBare(name, value))
  return { ...object, Params: Object.fromEntries(shown) }
}
