import { type DrpEvent, matchesEvent } from '@powerbus/drp'
import type { EventFacts } from '../events/event-facts.ts'
import { matchesGlob } from './glob.ts'
import type { RouteMatch } from './route.ts'

/** An event and what is known about the machine that it is about. */
export interface RoutedEvent {
  readonly event: DrpEvent
  readonly facts: EventFacts
  /** Absent where nothing is known of the machine; then no route fits that asks for them. */
  readonly params?: Readonly<Record<string, unknown>>
  readonly profiles?: readonly string[]
}

/** An event about the start of an action fits only where its outcome is asked for. */
export function matchesRoute(match: RouteMatch, { event, facts, params, profiles }: RoutedEvent): boolean {
  if (match.outcome === undefined && facts.outcome === 'started') return false
  return (
    (match.events?.some((pattern) => matchesEvent(pattern, event)) ?? true) &&
    fitsGlob(match.name, facts.subject) &&
    fitsGlob(match.plugin, facts.plugin) &&
    fitsGlob(match.principal, facts.principal) &&
    is(match.power, facts.power) &&
    is(match.failed, facts.outcome === 'failed') &&
    is(match.outcome, facts.outcome) &&
    (match.errors?.includes(facts.error?.code ?? '') ?? true) &&
    (match.profiles?.some((name) => profiles?.includes(name)) ?? true) &&
    Object.entries(match.params ?? {}).every(([name, wanted]) => fitsGlob(wanted, paramText(params, name)))
  )
}

/** Whether the machine's params or profiles must be known to say. */
export function needsMachine({ params, profiles }: RouteMatch): boolean {
  return params !== undefined || profiles !== undefined
}

function is<T>(wanted: T | undefined, value: T | undefined): boolean {
  return wanted === undefined || wanted === value
}

function fitsGlob(pattern: string | undefined, value: string | undefined): boolean {
  return pattern === undefined || (value !== undefined && matchesGlob(pattern, value))
}

function paramText(params: RoutedEvent['params'], name: string): string | undefined {
  const value = params && Object.hasOwn(params, name) ? params[name] : undefined
  return value === undefined ? undefined : typeof value === 'string' ? value : JSON.stringify(value)
}
