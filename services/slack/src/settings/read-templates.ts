import { isJsonObject } from '@powerbus/drp'
import type { TemplateSource } from '../render/builtin-templates.ts'
import { invalid } from './invalid.ts'

/** Throws PARAM_INVALID that names the template. Whether they are good Liquid is checked where they are compiled. */
export function readTemplates(raw: Readonly<Record<string, unknown>>): Readonly<Record<string, TemplateSource>> {
  return Object.fromEntries(Object.entries(raw).map(([name, value]) => [name, readTemplate(name, value)]))
}

function readTemplate(name: string, value: unknown): TemplateSource {
  if (typeof value === 'string' && value !== '') return { line: value }
  if (isJsonObject(value)) {
    const { line, body, ...others } = value
    const isSound = typeof line === 'string' && line !== '' && (body === undefined || typeof body === 'string')
    if (isSound && Object.keys(others).length === 0) return { line, ...(body !== undefined && { body }) }
  }
  throw invalid(`slack/templates.${name}`, value, 'Liquid as text, or {line, body}')
}
