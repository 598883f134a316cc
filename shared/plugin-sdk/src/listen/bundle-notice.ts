import { DrpApiError, type DrpClient, filter, type JsonObject } from '@powerbus/drp'
import { type Clock, pause, systemClock } from '@powerbus/turns'
import { allParams } from '../bundle.ts'
import type { Endpoint } from '../endpoint.ts'
import type { Logger } from '../log.ts'
import type { Plugin } from '../plugin.ts'
import { SHARED_BUNDLE, sharedParams } from '../shared-bundle.ts'

const LOOK_EVERY_MS = 60_000
const REQUEST_MS = 10_000

/** In PluginErrors of the plugin object. */
export const bundleNotice = `content bundle ${SHARED_BUNDLE} is missing: the power/* params have their built-in defaults until you upload it (drpcli contents upload ${SHARED_BUNDLE}.yaml)`

export interface BundleNoticeOptions {
  readonly plugin: Pick<Plugin, 'params' | 'actions' | 'extraParams'>
  /** Of the plugin object. */
  readonly name: () => string
  readonly endpoint: Pick<Endpoint, 'api'>
  readonly log: Pick<Logger, 'warn' | 'debug'>
  readonly signal: AbortSignal
  readonly clock?: Pick<Clock, 'sleep'>
}

/**
 * Looks once a minute whether the endpoint defines the shared params that the plugin uses, until it does. While it does not,
 * PluginErrors has a line about it, which is written once. Where the API does not answer, nothing is known and nothing
 * written. Never rejects for a failed request.
 */
export async function noticeMissingBundle(options: BundleNoticeOptions): Promise<void> {
  const { plugin, endpoint, log, signal, clock = systemClock } = options
  const names = allParams(plugin).flatMap(({ name }) => (sharedParams.has(name) ? [name] : []))
  if (names.length === 0) return
  let isWritten = false
  while (!signal.aborted) {
    try {
      const api = endpoint.api()
      if (await definesAll(api, names, signal)) return await write(api, options, false)
      if (!isWritten) {
        await write(api, options, true)
        isWritten = true
        log.warn(bundleNotice)
      }
    } catch (error) {
      if (signal.aborted) return
      if (!(error instanceof DrpApiError)) throw error
      log.debug(`whether the bundle ${SHARED_BUNDLE} is missing is not known`, { reason: error.message })
    }
    await pause(LOOK_EVERY_MS, signal, clock)
  }
}

async function definesAll(api: DrpClient, names: readonly string[], signal: AbortSignal): Promise<boolean> {
  const where = { Name: filter.oneOf(...names) }
  const found = await api.objects('params').list({ where }, { signal, timeoutMs: REQUEST_MS })
  return names.every((name) => found.some(({ Name }) => Name === name))
}

/** Adds or removes the line, and leaves other lines as they are. */
async function write(api: DrpClient, { name, signal }: BundleNoticeOptions, isMissing: boolean): Promise<void> {
  const limits = { signal, timeoutMs: REQUEST_MS }
  const plugins = api.objects('plugins')
  const before = linesOf(await plugins.get(name(), {}, limits))
  const others = before?.filter((line) => line !== bundleNotice) ?? []
  if ((before?.length ?? 0) - others.length === (isMissing ? 1 : 0)) return
  const path = '/PluginErrors'
  const value = isMissing ? [...others, bundleNotice] : others
  const test = before === undefined ? [] : [{ op: 'test', path, value: before } as const]
  await plugins.patch(name(), [...test, { op: 'add', path, value }], limits)
}

function linesOf({ PluginErrors }: JsonObject): readonly unknown[] | undefined {
  return Array.isArray(PluginErrors) ? PluginErrors : undefined
}
