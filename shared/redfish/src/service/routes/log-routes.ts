import type { EventLog, LogEntry } from '../event-log.ts'
import { paths } from '../paths.ts'
import { collection, link, noContent, type Resource } from '../resource.ts'
import { typeOf } from '../schema-versions.ts'
import { dateText } from '../service-clock.ts'
import type { ServiceState } from '../service-state.ts'
import type { Route, Routes } from './routes.ts'

interface FoundLog {
  /** Path of the LogService. */
  readonly path: string
  readonly log: EventLog
}

type Find = (state: ServiceState, id: string) => FoundLog | undefined

const systemLog: Find = (state, id) => {
  const host = state.host(id)
  return host && { path: `${host.path}/LogServices/Log`, log: host.log }
}

const managerLog: Find = ({ personality, managerLog: log }, id) =>
  id === personality.managerId ? { path: `${paths.managers}/${id}/LogServices/Log`, log } : undefined

/** The log of a system and of the manager. DSP0268, LogService, LogEntry. */
export const logRoutes: Routes = { ...routesOf('Systems/*', systemLog), ...routesOf('Managers/*', managerLog) }

function routesOf(owner: string, find: Find): Routes {
  const within =
    (make: (found: FoundLog, state: ServiceState, entry: string) => Resource | undefined): Route =>
    (state, [id = '', entry = '']) => {
      const found = find(state, id)
      return found && make(found, state, entry)
    }
  return {
    [`${owner}/LogServices`]: within(({ path }) => collection('LogService', 'Log Services', [path])),
    [`${owner}/LogServices/Log`]: within((found, state) => serviceResource(found, state)),
    [`${owner}/LogServices/Log/Actions/LogService.ClearLog`]: within(({ log }) => ({
      writePrivilege: 'ConfigureManager',
      post: () => {
        log.clear()
        return noContent
      },
    })),
    [`${owner}/LogServices/Log/Entries`]: within(({ path, log }) => ({
      type: 'LogEntryCollection.LogEntryCollection',
      read: () => ({
        Name: 'Log Entries',
        Members: log.entries.map((entry) => ({
          '@odata.id': `${path}/Entries/${entry.id}`,
          '@odata.type': `#${typeOf('LogEntry')}`,
          ...entryBody(entry),
        })),
        'Members@odata.count': log.entries.length,
      }),
    })),
    [`${owner}/LogServices/Log/Entries/*`]: within(({ log }, _, id) => {
      const entry = log.entries.find((known) => known.id === id)
      return entry && { type: typeOf('LogEntry'), read: () => entryBody(entry) }
    }),
  }
}

function serviceResource({ path, log }: FoundLog, { clock }: ServiceState): Resource {
  return {
    type: typeOf('LogService'),
    read: () => ({
      Id: 'Log',
      Name: 'Log',
      LogEntryType: 'Event',
      MaxNumberOfRecords: log.capacity,
      OverWritePolicy: 'WrapsWhenFull',
      DateTime: dateText(clock),
      DateTimeLocalOffset: '+00:00',
      ServiceEnabled: true,
      Status: { State: 'Enabled', Health: 'OK' },
      Entries: link(`${path}/Entries`),
      Actions: { '#LogService.ClearLog': { target: `${path}/Actions/LogService.ClearLog` } },
    }),
  }
}

function entryBody(entry: LogEntry) {
  return {
    Id: entry.id,
    Name: `Log Entry ${entry.id}`,
    EntryType: 'Event',
    Severity: entry.severity,
    Created: entry.created,
    Message: entry.message,
    MessageId: entry.messageId,
    MessageArgs: [...entry.args],
    Links: { OriginOfCondition: link(entry.origin) },
  }
}
