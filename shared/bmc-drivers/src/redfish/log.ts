import { linkAt, type Resource, textAt } from '@powerbus/redfish'
import type { LogEntry } from '../facts.ts'
import { unsupported } from './refusals.ts'
import type { Visit } from './visit.ts'

/** A SEL has some hundred entries, or a few thousand. */
const MOST_ENTRIES = 5000
/** What BMCs without rules call their system event log, the best first. */
const usual = ['sel', 'iml', 'iel', 'eventlog', 'event', 'log1', 'log']

/** The entries of the system event log in the order of their numbers, where all have one. */
export async function readLog(visit: Visit): Promise<LogEntry[]> {
  const service = await selOf(visit)
  const entries = (await visit.members(linkAt(service.body, 'Entries'), { most: MOST_ENTRIES })).map(entryOf)
  const isNumbered = entries.every(({ Id }) => /^\d{1,15}$/.test(Id))
  return isNumbered ? entries.sort((a, b) => Number(a.Id) - Number(b.Id)) : entries
}

export async function clearLog(visit: Visit): Promise<void> {
  await visit.connection.act(await selOf(visit), '#LogService.ClearLog', {}, visit.budget.call())
}

/** By the rules, by what a log says it is, by its usual name, else the only one. */
async function selOf(visit: Visit): Promise<Resource> {
  const system = await visit.systemIfAny()
  const manager = await visit.manager(system)
  const places = [system, manager, ...(await visit.chassis(system))]
  const services: Resource[] = []
  for (const place of places) services.push(...(await visit.members(linkAt(place?.body, 'LogServices'))))
  const { sel = [] } = await visit.rules()
  const named = [...sel, ...usual].map((name) => services.find(({ body }) => isCalled(body, name)))
  const [byRules, ...others] = [named.slice(0, sel.length), named.slice(sel.length)].map((some) => some.find(Boolean))
  const bySays = services.find(({ body }) => textAt(body, 'LogEntryType') === 'SEL')
  const found = byRules ?? bySays ?? others[0] ?? (services.length === 1 ? services[0] : undefined)
  if (found) return found
  const list = services.map(({ path }) => path).join(', ')
  throw unsupported(visit, list ? `none of its logs is known as the system event log: ${list}` : 'it has no log')
}

function isCalled(body: Resource['body'], name: string): boolean {
  return textAt(body, 'Id')?.toLowerCase() === name.toLowerCase()
}

const severities: Readonly<Record<string, LogEntry['Severity']>> = {
  OK: 'ok',
  Warning: 'warning',
  Critical: 'critical',
}

function entryOf({ body }: Resource): LogEntry {
  const sensor = textAt(body, 'SensorType')
  return {
    Id: textAt(body, 'Id') ?? '',
    Created: textAt(body, 'Created') ?? null,
    Severity: severities[textAt(body, 'Severity') ?? ''] ?? null,
    Message: textAt(body, 'Message') ?? textAt(body, 'MessageId') ?? '',
    ...(sensor !== undefined && { Sensor: sensor }),
  }
}
