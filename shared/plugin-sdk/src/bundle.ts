import type { ParamDefinition } from '@powerbus/drp'
import { type Param, paramOf } from './param.ts'
import type { ContentFile, Plugin } from './plugin.ts'

/** All params of the plugin and its actions, each once, sorted by name. */
export function allParams(plugin: Pick<Plugin, 'params' | 'actions' | 'extraParams'>): readonly Param[] {
  const uses = [...plugin.params, ...plugin.actions.flatMap((action) => action.params), ...(plugin.extraParams ?? [])]
  const params = new Map(uses.map((use) => [paramOf(use).name, paramOf(use)]))
  return [...params.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}

/**
 * The content bundle (§6) as a YAML document. Derived parts are written as JSON, which is YAML 1.2, so no YAML library
 * is loaded. The text of a YAML content file is inserted, indented, below its section and name. A template becomes a
 * string.
 */
export function contentText(plugin: Plugin): string {
  const meta = yamlSafe(bundleMeta(plugin))
  const params = yamlSafe(Object.fromEntries(ownParams(plugin).map((param) => [param.name, definitionOf(param)])))
  const sections = sectionsOf(plugin.content ?? [])
  if (sections.size === 0) return `{"meta": ${meta}, "sections": {"params": ${params}}}\n`
  const texts = [...sections].map(([section, members]) => `  ${yamlSafe(section)}:\n${members.join('')}`)
  return `meta: ${meta}\nsections:\n  params: ${params}\n${texts.join('')}`
}

/** Params without external ones: an endpoint refuses a bundle that defines a param of another bundle. */
function ownParams(plugin: Plugin): readonly Param[] {
  return allParams(plugin).filter((param) => !param.external)
}

function bundleMeta(plugin: Plugin): Record<string, string> {
  return {
    Author: 'Powerbus',
    Source: 'Powerbus',
    Type: 'plugin',
    ...plugin.meta,
    Name: plugin.name,
    Version: plugin.version,
    DisplayName: plugin.title,
    Description: plugin.description,
    Documentation: plugin.documentation,
  }
}

/** The definition of a param in a bundle. */
export function definitionOf(param: Param): ParamDefinition {
  return {
    Name: param.name,
    Description: param.description,
    Documentation: param.documentation ?? '',
    Secure: param.secure ?? false,
    Schema: { ...param.schema },
    Meta: param.meta ?? {},
  }
}

/**
 * `stages/NAME.yaml` becomes a member of the section stages, `templates/ID` one of templates. Other files are only
 * unpacked.
 */
function sectionsOf(files: readonly ContentFile[]): ReadonlyMap<string, readonly string[]> {
  const sections = new Map<string, string[]>()
  for (const file of files) {
    const found = contentPath.exec(file.path) ?? templatePath.exec(file.path)
    if (!found) continue
    const [, section = '', name = ''] = found
    const text = contentPath.test(file.path) ? indented(file.text) : `      ${yamlSafe(templateOf(name, file.text))}\n`
    sections.set(section, [...(sections.get(section) ?? []), `    ${yamlSafe(name)}:\n${text}`])
  }
  return sections
}

/** Matches section and name of a YAML content file that becomes part of the bundle. */
export const contentPath = /^([a-z]+)\/([^/]+)\.ya?ml$/

/** Matches section and ID of a template file. */
const templatePath = /^(templates)\/([^/]+)$/

function templateOf(id: string, contents: string): Record<string, unknown> {
  return { ID: id, Contents: contents, Meta: {} }
}

function indented(text: string): string {
  const lines = text.replace(/^---[ \t]*\r?\n/, '').split(/\r?\n/)
  return `${lines.map((line) => (line === '' ? '' : `      ${line}`)).join('\n')}\n`
}

/** Escapes characters that JSON allows but that YAML treats as line breaks or forbids. */
function yamlSafe(value: unknown): string {
  const escaped = (found: string) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`
  return JSON.stringify(value).replace(/[\u007f-\u009f\u2028\u2029\ufeff]/g, escaped)
}
