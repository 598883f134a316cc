import { isJsonObject, type JsonObject } from '@powerbus/drp'
import { type Param, paramOf } from '../param.ts'
import type { Plugin } from '../plugin.ts'
import { readPrivateFile } from './private-file.ts'

const PREFIX = 'POWERBUS_PARAM_'

export interface LocalParamsOptions {
  readonly plugin: Plugin
  readonly env: NodeJS.ProcessEnv
  readonly configFile?: string | undefined
  /** Told of files with secrets that others may read. */
  readonly warn: (message: string) => void
}

/**
 * The plugin's params as this process was given them: from the environment, and where that says nothing, from the file.
 * Throws an Error for a name that is no param of the plugin: it may be a typing mistake.
 */
export async function localParams({ plugin, env, configFile, warn }: LocalParamsOptions): Promise<JsonObject> {
  const params = plugin.params.map(paramOf)
  const fromFile = configFile === undefined ? {} : await readConfig(configFile, params, warn)
  return { ...fromFile, ...(await readEnvironment(params, env, warn)) }
}

/** `slack/bot-key` is `POWERBUS_PARAM_SLACK_BOT_KEY`. */
export function variableOf(param: Param): string {
  return PREFIX + param.name.toUpperCase().replace(/[^A-Z0-9]/g, '_')
}

async function readConfig(
  path: string,
  params: readonly Param[],
  warn: (message: string) => void,
): Promise<JsonObject> {
  const holdsSecrets = params.some(({ secure }) => secure)
  const text = await readPrivateFile(path, holdsSecrets ? warn : () => undefined)
  const { parse } = await import('yaml')
  const values = parseWith(parse, path, text)
  if (!isJsonObject(values)) throw new Error(`${path} must be one mapping from names of params to their values`)
  for (const name of Object.keys(values)) {
    if (!params.some((param) => param.name === name)) throw new Error(`${path}: ${unknown(name, params)}`)
  }
  return values
}

/** A YAML parser's message repeats the line, and with it perhaps a secret. */
function parseWith(parse: (text: string) => unknown, path: string, text: string): unknown {
  try {
    return parse(text) ?? {}
  } catch (error) {
    const at =
      error instanceof Error && 'linePos' in error && Array.isArray(error.linePos) ? error.linePos[0] : undefined
    throw new Error(`${path} is neither YAML nor JSON${at ? `: look at line ${at.line}` : ''}`)
  }
}

async function readEnvironment(
  params: readonly Param[],
  env: NodeJS.ProcessEnv,
  warn: (message: string) => void,
): Promise<JsonObject> {
  const values: Record<string, unknown> = {}
  const taken = new Set<string>()
  for (const param of params) {
    const variable = variableOf(param)
    const [value, file] = [env[variable], env[`${variable}_FILE`]]
    if (value !== undefined && file !== undefined) throw new Error(`${variable} and ${variable}_FILE are both set`)
    taken.add(variable).add(`${variable}_FILE`)
    const text = file ? (await readPrivateFile(file, warn)).replace(/\r?\n$/, '') : value
    if (text !== undefined) values[param.name] = paramValue(param, variable, text)
  }
  const stray = Object.keys(env).find((name) => name.startsWith(PREFIX) && !taken.has(name))
  if (stray !== undefined) throw new Error(`${stray}: ${unknown(stray, params, variableOf)}`)
  return values
}

/** Text for what text can say; arrays and objects are JSON. */
function paramValue({ schema }: Param, variable: string, text: string): unknown {
  if (schema.type !== 'array' && schema.type !== 'object') return text
  try {
    return JSON.parse(text)
  } catch {
    throw new Error(`${variable} must be an ${schema.type} in JSON`)
  }
}

function unknown(name: string, params: readonly Param[], show = (param: Param) => param.name): string {
  const known = params.map(show).join(', ') || 'none'
  return `the plugin has no param ${name}; it has ${known}`
}
