import { isJsonObject, type Json, type JsonObject, own } from './json-value.ts'
import { Refusal } from './refusal.ts'
import { message, type ServiceMessage, shownValue } from './service-message.ts'

/** One parameter of an action. */
export interface ActionParameter {
  readonly type: 'string' | 'boolean' | 'array' | 'object' | 'number'
  readonly required?: boolean
  readonly values?: readonly string[]
}

/** Checks the body of an action. Throws a Refusal with 400 that names everything wrong. DSP0266 §7.12. */
export function checkParameters(
  action: string,
  body: JsonObject,
  parameters: Readonly<Record<string, ActionParameter>>,
): void {
  const wrong: ServiceMessage[] = []
  for (const [name, { required }] of Object.entries(parameters))
    if (required && body[name] === undefined) wrong.push(message('ActionParameterMissing', [action, name], [name]))
  for (const [name, value] of Object.entries(body)) {
    if (name.includes('@') || value === undefined) continue
    const parameter = own(parameters, name)
    const refusal = parameter
      ? judge(action, name, value, parameter)
      : message('ActionParameterUnknown', [action, name])
    if (refusal) wrong.push(refusal)
  }
  if (wrong.length > 0) throw new Refusal(400, wrong)
}

function judge(action: string, name: string, value: Json, { type, values }: ActionParameter) {
  const shown = shownValue(value, name)
  if (!isOf(type, value)) return message('ActionParameterValueTypeError', [shown, name, action], [name])
  if (values && !values.includes(String(value)))
    return message('ActionParameterValueNotInList', [shown, name, action], [name])
  return undefined
}

function isOf(type: ActionParameter['type'], value: Json): boolean {
  if (type === 'array') return Array.isArray(value)
  return type === 'object' ? isJsonObject(value) : typeof value === type
}
