import { DecodeError, paramNamePattern, parseEventPattern, providerNamePattern } from '@powerbus/drp'
import type { Action } from './action.ts'
import { allParams, contentPath } from './bundle.ts'
import { type Param, type ParamUse, paramOf } from './param.ts'
import { checkValue } from './param-value.ts'
import type { ContentFile, Plugin } from './plugin.ts'
import { powerAnswer } from './power/params.ts'
import { SHARED_BUNDLE, sharedParams } from './shared-bundle.ts'

const version = /^v\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.+-]+)?$/

/**
 * The mistakes in a definition that an endpoint would refuse or that would fail in use, in words; empty if there are
 * none. For tests, since it would slow down the start of a plugin.
 */
export function checkPlugin(plugin: Plugin): readonly string[] {
  const uses = [...plugin.params, ...plugin.actions.flatMap((action) => action.params), ...(plugin.extraParams ?? [])]
  return [
    ...problem(
      !providerNamePattern.test(plugin.name),
      `plugin name ${plugin.name} does not match the contract's pattern`,
    ),
    ...problem(!version.test(plugin.version), `version ${plugin.version} is not a semantic version with a leading v`),
    ...repeated(plugin.actions.map((action) => action.name)).map((name) => `action ${name} is defined twice`),
    ...plugin.actions.flatMap((action) => problem(action.name === '', 'an action has no name')),
    ...plugin.actions.flatMap(checkAnswer),
    ...problem(
      plugin.publish !== undefined && plugin.events !== undefined,
      'the plugin has both publish and events: remove one of them',
    ),
    ...problem(
      plugin.ignoresEvents === true && (plugin.publish ?? plugin.events) !== undefined,
      'the plugin ignores events and handles them: remove one of both',
    ),
    ...(plugin.events?.patterns ?? []).flatMap(checkPattern),
    ...conflicting(uses).map((name) => `param ${name} has two different definitions`),
    ...allParams(plugin).flatMap(checkParam),
    ...allParams(plugin).flatMap(checkShared),
    ...(plugin.content ?? []).flatMap(checkContent),
  ]
}

function checkPattern(pattern: string): readonly string[] {
  try {
    parseEventPattern(pattern)
    return []
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    return [`${pattern} is not an event pattern: ${error.message}`]
  }
}

function problem(is: boolean, text: string): readonly string[] {
  return is ? [text] : []
}

function repeated(names: readonly string[]): readonly string[] {
  return names.filter((name, index) => names.indexOf(name) !== index)
}

function conflicting(uses: readonly ParamUse[]): readonly string[] {
  const first = new Map<string, Param>()
  const names = new Set<string>()
  for (const param of uses.map(paramOf)) {
    const known = first.get(param.name) ?? param
    first.set(param.name, known)
    if (known !== param && JSON.stringify(known) !== JSON.stringify(param)) names.add(param.name)
  }
  return [...names]
}

function checkAnswer({ name, params, words }: Action): readonly string[] {
  const takesAnswer = params.map(paramOf).some((param) => param.name === powerAnswer.name)
  return problem(takesAnswer && !words, `action ${name} takes ${powerAnswer.name}, and has no words for it`)
}

function checkParam(param: Param): readonly string[] {
  const { schema } = param
  const given = schema.default
  const value = given === undefined ? undefined : checkValue(schema, given)
  const exact = value === undefined || ('value' in value && JSON.stringify(value.value) === JSON.stringify(given))
  return [
    ...problem(!paramNamePattern.test(param.name), `param name ${param.name} does not match the contract's pattern`),
    ...problem(param.description === '', `param ${param.name} has no description`),
    ...problem(!exact, `the default of param ${param.name} does not satisfy its schema`),
    ...problem(param.secure === true && schema.type !== 'string', `secure param ${param.name} is not a string`),
    ...problem(
      param.secure === true && given !== undefined,
      `secure param ${param.name} has a default, which everybody can read`,
    ),
  ]
}

/** A DRP endpoint refuses a plugin whose bundle has a key of another bundle, even where both definitions are equal. */
function checkShared(param: Param): readonly string[] {
  const shared = sharedParams.get(param.name)
  if (shared === undefined || JSON.stringify(param) === JSON.stringify(shared)) return []
  return [`param ${param.name} is defined by the bundle ${SHARED_BUNDLE}: use the one that the SDK exports`]
}

/** The bundle contains the indented text of a content file, so it must be one plain YAML document. */
function checkContent(file: ContentFile): readonly string[] {
  const inside = file.path !== '' && !file.path.split('/').some((part) => part === '' || part === '.' || part === '..')
  const yaml = contentPath.test(file.path)
  const body = file.text.replace(/^---[ \t]*\r?\n/, '')
  return [
    ...problem(!inside, `content file ${file.path} is not a plain relative path`),
    ...problem(
      yaml && /^(?:---|\.\.\.|%|\t)/m.test(body),
      `content file ${file.path} is not a single plain YAML document`,
    ),
    ...problem(/^params\//.test(file.path), `content file ${file.path} defines a param: use defineParam`),
  ]
}
