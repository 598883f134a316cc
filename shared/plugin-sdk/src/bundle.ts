import type { ParamDefinition } from '@powerbus/drp'
import { type Param, paramOf } from './param.ts'
import type { ContentFile, Plugin } from './plugin.ts'

/** Every param that the plugin and its actions name, once, in order of their names. */
export function allParams(plugin: Plugin): readonly Param[] {
  const uses = [...plugin.params, ...plugin.actions.flatMap((action) => action.params), ...(plugin.extraParams ?? [])]
  const params = new Map(uses.map((use) => [paramOf(use).name, paramOf(use)]))
  return [...params.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}

/**
 * The content bundle (§6) as a YAML document. JSON is YAML 1.2, so what is derived is written as JSON, and no YAML
 * library is loaded. A content file is YAML already: its text is set below its section and name, indented; a template is a string.
 */
export function contentText(plugin: Plugin): string {
  const meta = yamlSafe(bundleMeta(plugin))
  const params = yamlSafe(Object.fromEntries(ownParams(plugin).map((param) => [param.name, definitionOf(param)])))
  const sections = sectionsOf(plugin.content ?? [])
  if (sections.size === 0) return `{"meta": ${meta}, "sections": {"params": ${params}}}\n`
  const texts = [...sections].map(([section, members]) => `  ${yamlSafe(section)}:\n${members.join('')}`)
  return `meta: ${meta}\nsections:\n  params: ${params}\n${texts.join('')}`
}

/** An external param is defined by another bundle: two bundles that define one param refuse each other. */
function ownParams(plugin: Plugin): readonly Param[] {
  return allParams(plugin).filter((param) => !param.external)
}

function bundleMeta(plugin: Plugin): Record<string, string> {
  return {
    ...plugin.meta,
    Name: plugin.name,
    Version: plugin.version,
    DisplayName: plugin.title,
    Description: plugin.description,
    Documentation: plugin.documentation,
  }
}

function definitionOf(param: Param): ParamDefinition {
  return {
    Name: param.name,
    Description: param.description,
    Documentation: param.documentation ?? '',
    Secure: param.secure ?? false,
    Schema: { ...param.schema },
    Meta: param.meta ?? {},
  }
}

/** `stages/NAME.yaml` is a member of the section stages, and `templates/ID`, as it is, one of templates. Other files are unpacked only. */
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

/** Section and name of a content file that becomes part of the bundle. */
export const contentPath = /^([a-z]+)\/([^/]+)\.ya?ml$/

/** Section and ID of a file that is a template's contents. */
const templatePath = /^(templates)\/([^/]+)$/

function templateOf(id: string, contents: string): Record<string, unknown> {
  return { ID: id, Contents: contents, Meta: {} }
}

function indented(text: string): string {
  const lines = text.replace(/^---[ \t]*\r?\n/, '').split(/\r?\n/)
  return `${lines.map((line) => (line === '' ? '' : `      ${line}`)).join('\n')}\n`
}

/** JSON allows characters unescaped that YAML counts as line breaks or does not allow at all. */
function yamlSafe(value: unknown): string {
  const escaped = (found: string) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`
  return JSON.stringify(value).replace(/[\u007f-\u009f\u2028\u2029\ufeff]/g, escaped)
}
