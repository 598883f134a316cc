import { type DrpEvent, type EventPattern, matchesEvent } from '@powerbus/drp'
import type { EventFacts, Outcome } from '../events/event-facts.ts'
import type { KnownMachine } from '../events/machine-lookup.ts'
import { matchesGlob } from './glob.ts'

/** Conditions of a route; an event must meet all that are present. */
export interface RouteMatch {
  /** The event matches one of them. */
  readonly events?: readonly EventPattern[]
  /** A glob, as are `plugin`, `principal` and the values of `params`. */
  readonly name?: string
  readonly plugin?: string
  readonly principal?: string
  readonly params?: Readonly<Record<string, string>>
  /** The machine has one of them. */
  readonly profiles?: readonly string[]
  readonly power?: string
  readonly failed?: boolean
  /** The event has one of these codes. */
  readonly errors?: readonly string[]
  readonly outcome?: Outcome
}

/** An event, and its machine if that is known; a route that asks for params or profiles matches no unknown machine. */
export interface RoutedEvent extends Partial<KnownMachine> {
  readonly event: DrpEvent
  readonly facts: EventFacts
}

/** The start of an action matches only a route that asks for an outcome. */
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

function is<T>(wanted: T | undefined, value: T | undefined): boolean {
  return wanted === undefined || wanted === value
}

function fitsGlob(pattern: string | undefined, value: string | undefined): boolean {
  return pattern === undefined || (value !== undefined && matchesGlob(pattern, value))
}

/** The value of a param as the text that globs are compared with: a text itself, anything else as JSON. */
function paramText(params: RoutedEvent['params'], name: string): string | undefined {
  const value = params && Object.hasOwn(params, name) ? params[name] : undefined
  return value === undefined || typeof value === 'string' ? value : JSON.stringify(value)
}
