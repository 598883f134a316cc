import type { ApiAnswer, ApiRequest } from '@powerbus/plugin-sdk'
import { isOver } from './journal/records.ts'
import type { Service } from './service.ts'

/** `GET /plugin-apis/NAME/status`: what is being made and deleted, and what an operator must look after. Throws STORE_UNAVAILABLE. */
export async function statusApi(service: Service, { method, path }: ApiRequest): Promise<ApiAnswer> {
  if (path !== '/status') return { status: 404, body: { Error: 'Not found: there is /status' } }
  if (method !== 'GET') return { status: 405, headers: { allow: 'GET' }, body: { Error: 'Only GET' } }
  const { means, worker, surveyor } = service.running()
  const { journal } = means
  const creations = await journal.all('creation')
  return {
    status: 200,
    body: {
      Cloud: means.cloud.key,
      Creating: creations.filter((creation) => !isOver(creation)),
      Failed: creations.filter(({ phase }) => phase === 'failed'),
      Deleting: await journal.all('deletion'),
      Leftovers: await journal.all('leftover'),
      Missing: await journal.all('missing'),
      BootOnce: await journal.all('boot-once'),
      Troubles: worker.troubles,
      Survey: surveyor.last ?? null,
    },
  }
}
