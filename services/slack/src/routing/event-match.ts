import { type DrpEvent, type EventPattern, matchesEvent } from '@powerbus/drp'
import type { EventFacts } from '../events/event-facts.ts'
import type { KnownMachine } from '../events/machine-lookup.ts'
import type { RawRoute } from '../params.ts'
import { matchesGlob } from './glob.ts'

export type RawMatch = NonNullable<RawRoute['match']>

/** An event, and its machine if that is known; a match that asks for params or profiles fits no unknown machine. */
export interface RoutedEvent extends Partial<KnownMachine> {
  readonly event: DrpEvent
  readonly facts: EventFacts
}

export type EventMatch = (routed: RoutedEvent) => boolean

/**
 * The conditions of a match as one check: an event must meet all that are present. `patterns`: its event patterns, one
 * of which must fit. The start of an action fits only a match that asks for an outcome.
 */
export function eventMatch(match: Omit<RawMatch, 'event'>, patterns?: readonly EventPattern[]): EventMatch {
  const { name, plugin, principal, power, failed, outcome, profiles } = match
  const codes = match.error?.split(',').map((code) => code.trim())
  const params = Object.entries(match.params ?? {})
  return ({ event, facts, ...machine }) =>
    (patterns?.some((pattern) => matchesEvent(pattern, event)) ?? true) &&
    fitsGlob(name, facts.subject) &&
    fitsGlob(plugin, facts.plugin) &&
    fitsGlob(principal, facts.principal) &&
    (power === undefined || power === facts.power) &&
    (failed === undefined || failed === (facts.outcome === 'failed')) &&
    (outcome === undefined ? facts.outcome !== 'started' : outcome === facts.outcome) &&
    (codes?.includes(facts.error?.code ?? '') ?? true) &&
    (profiles?.some((profile) => machine.profiles?.includes(profile)) ?? true) &&
    params.every(([param, wanted]) => fitsGlob(textOf(wanted), textOf(own(machine.params, param))))
}

function fitsGlob(pattern: string | undefined, value: string | undefined): boolean {
  return pattern === undefined || (value !== undefined && matchesGlob(pattern, value))
}

function own(params: KnownMachine['params'] | undefined, name: string): unknown {
  return params && Object.hasOwn(params, name) ? params[name] : undefined
}

/** The text that globs are compared with: a text itself, anything else as JSON. */
function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
