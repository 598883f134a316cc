import type { ApiAnswer, ApiRequest } from '@powerbus/plugin-sdk'
import { isOver } from './records/records.ts'
import type { Service } from './service.ts'

/**
 * `GET /plugin-apis/NAME/status`: devices that are made and deleted, and what an operator must check. Throws
 * STORE_UNAVAILABLE.
 */
export async function statusApi(service: Service, { method, path }: ApiRequest): Promise<ApiAnswer> {
  if (path !== '/status') return { status: 404, body: { Error: 'Not found: the only path is /status' } }
  if (method !== 'GET')
    return { status: 405, headers: { allow: 'GET' }, body: { Error: 'Method not allowed: use GET' } }
  const { means, worker, surveyor } = service.running()
  const { records } = means
  const creations = await records.all('creation')
  return {
    status: 200,
    body: {
      Cloud: means.cloud.key,
      Creating: creations.filter((creation) => !isOver(creation)),
      Failed: creations.filter(({ phase }) => phase === 'failed'),
      Deleting: await records.all('deletion'),
      Leftovers: await records.all('leftover'),
      Missing: await records.all('missing'),
      BootOnce: await records.all('boot-once'),
      Troubles: worker.troubles,
      Survey: surveyor.last ?? null,
    },
  }
}
