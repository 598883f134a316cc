import type { DrpEvent } from '@powerbus/drp'
import { paramInvalid } from '@powerbus/plugin-sdk'
import type { Liquid, Template } from 'liquidjs'
import type { EventFacts } from '../events/event-facts.ts'
import type { Severity } from '../severity.ts'
import { advice } from './advice.ts'
import { builtinFor, builtinTemplates, type TemplateSource } from './builtin-templates.ts'
import type { RenderedEvent } from './gather-events.ts'
import { makeLiquid } from './liquid.ts'
import { cutText } from './mrkdwn.ts'

/** Characters. A section of Block Kit holds 3000. */
const LINE_MAX = 400
const BODY_MAX = 2900
/** Longest rendering of an operator's template, in milliseconds; a busy host must not cut short a built-in one. */
const RENDER_MS = 200

interface Compiled {
  readonly line: readonly Template[]
  readonly body?: readonly Template[]
  /** Milliseconds of one rendering. */
  readonly renderLimit: number
}

export interface RenderRequest {
  readonly event: DrpEvent
  readonly facts: EventFacts
  readonly severity: Severity
  /** Name of a template; absent: the built-in one for the event. */
  readonly template?: string | undefined
}

/** The built-in templates and the operator's own, compiled. */
export class Templates {
  readonly #liquid: Liquid
  readonly #byName: ReadonlyMap<string, Compiled>
  readonly #builtin: ReadonlyMap<string, Compiled>
  /** Failed renderings, which were done with the built-in template. */
  failures = 0

  /** `machineUrl`: slack/machine-url. Throws PARAM_INVALID that names the template if one is not Liquid. */
  constructor(own: Readonly<Record<string, TemplateSource>>, machineUrl?: string) {
    this.#liquid = makeLiquid(machineUrl)
    this.#builtin = this.#compileAll(builtinTemplates, Number.POSITIVE_INFINITY)
    this.#byName = new Map([...this.#builtin, ...this.#compileAll(own, RENDER_MS)])
  }

  has(name: string): boolean {
    return this.#byName.has(name)
  }

  /** Never throws: if a template fails or renders nothing, the built-in one is used. */
  render({ event, facts, severity, template }: RenderRequest): RenderedEvent {
    const builtin = builtinFor(facts)
    const error = facts.error && { ...facts.error, advice: advice(facts.error.code) }
    const scope = { ...facts, severity, ...(error && { error }), event }
    const rendered =
      this.#try(this.#byName.get(template ?? builtin), scope) ?? this.#try(this.#builtin.get(builtin), scope)
    return { facts, severity, ...(rendered ?? { line: bareLine(facts) }) }
  }

  #compileAll(sources: Readonly<Record<string, TemplateSource>>, renderLimit: number): ReadonlyMap<string, Compiled> {
    const compiled = Object.entries(sources).map(([name, source]) => {
      return [name, { ...this.#compile(name, source), renderLimit }] as const
    })
    return new Map(compiled)
  }

  #compile(name: string, { line, body }: TemplateSource): Omit<Compiled, 'renderLimit'> {
    const parse = (text: string, part: string) => {
      try {
        return this.#liquid.parse(text)
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error)
        throw paramInvalid(`slack/templates.${name}${part}`, text, `Liquid (${reason})`)
      }
    }
    if (body === undefined) return { line: parse(line, '') }
    return { line: parse(line, '.line'), body: parse(body, '.body') }
  }

  #try(compiled: Compiled | undefined, scope: object): Pick<RenderedEvent, 'line' | 'body'> | undefined {
    if (!compiled) return undefined
    try {
      const { renderLimit } = compiled
      const render = (template: readonly Template[]) =>
        String(this.#liquid.renderSync([...template], scope, { renderLimit })).trim()
      const whole = render(compiled.line)
      const body = compiled.body ? render(compiled.body) : whole
      const line = cutText(whole.replace(/\s*\n\s*/g, ' '), LINE_MAX)
      if (line === '') return undefined
      return { line, ...(body !== line && body !== '' && { body: cutText(body, BODY_MAX) }) }
    } catch {
      this.failures += 1
      return undefined
    }
  }
}

function bareLine({ type, action }: EventFacts): string {
  return `${type.replace(/\W/g, ' ')} ${action.replace(/\W/g, ' ')}`.trim() || 'event'
}
