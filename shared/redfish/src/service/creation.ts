import { type JsonObject, own } from './json-value.ts'
import type { Check } from './patch.ts'
import { Refusal } from './refusal.ts'
import { message, type ServiceMessage } from './service-message.ts'

interface Properties {
  readonly required: Readonly<Record<string, Check>>
  readonly optional: Readonly<Record<string, Check>>
}

/** Checks the body of a POST that makes a resource. Throws a Refusal with 400 that names everything wrong. */
export function judgeCreation(body: JsonObject, { required, optional }: Properties): void {
  const wrong: ServiceMessage[] = []
  for (const name of Object.keys(required))
    if (body[name] === undefined) wrong.push(message('PropertyMissing', [name], [name]))
  for (const [name, value] of Object.entries(body)) {
    if (value === undefined || name.startsWith('@odata.')) continue
    const check = own(required, name) ?? own(optional, name)
    const refusal = check ? check(value, name) : message('PropertyUnknown', [name], [name])
    if (refusal) wrong.push(refusal)
  }
  if (wrong.length > 0) throw new Refusal(400, wrong)
}
