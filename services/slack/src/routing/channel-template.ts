import { paramInvalid } from '@powerbus/plugin-sdk'
import { Liquid } from 'liquidjs'
import type { RoutedEvent } from './event-match.ts'

/** Gives the channel of an event as an operator would write it; empty if the template gives none. */
export type ChannelTemplate = (routed: RoutedEvent) => string

const NAME_MAX = 200
/** Milliseconds and objects of one rendering. */
const RENDER_MS = 200
const MEMORY_MAX = 100_000

const liquid = new Liquid({
  templates: {},
  cache: false,
  ownPropertyOnly: true,
  strictFilters: true,
  memoryLimit: MEMORY_MAX,
})

/** Digital Rebar's own form, `{{ .Param "NAME" }}`. */
const DRP_PARAM = /\{\{-?\s*\.(?:Machine\.)?Param\s+"([^"]+)"\s*-?\}\}/g

export function isChannelTemplate(channel: string): boolean {
  return /\{\{|\{%/.test(channel)
}

/**
 * Liquid with the variables of message templates, and `params` and `profiles` of the event's machine. A rendering that
 * fails gives no channel. Throws PARAM_INVALID that names the place.
 */
export function channelTemplate(text: string, at: string): ChannelTemplate {
  const source = text.replace(DRP_PARAM, (_, name: string) => `{{ params[${JSON.stringify(name)}] }}`)
  try {
    const parsed = liquid.parse(source)
    return ({ event, facts, params = {}, profiles = [] }) => {
      try {
        const scope = { ...facts, event, params, profiles }
        const name = String(liquid.renderSync([...parsed], scope, { renderLimit: RENDER_MS })).trim()
        return name.length > NAME_MAX ? '' : name
      } catch {
        // As for messages: a template that fails falls back.
        return ''
      }
    }
  } catch (error) {
    throw paramInvalid(at, text, `Liquid (${error instanceof Error ? error.message : String(error)})`)
  }
}
