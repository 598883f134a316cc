import { checkParameters } from '../action.ts'
import type { Host } from '../host.ts'
import type { JsonObject } from '../json-value.ts'
import { paths } from '../paths.ts'
import type { MediaSlot } from '../personality.ts'
import { refused } from '../refusal.ts'
import { collection, noContent, type Resource } from '../resource.ts'
import { typeOf } from '../schema-versions.ts'
import type { ServiceState } from '../service-state.ts'
import type { Route, Routes } from './routes.ts'

interface Owner {
  readonly host: Host
  readonly path: string
}

/** Virtual drives, under the system or under the manager. DSP0268, VirtualMedia. */
export const mediaRoutes: Routes = { ...routesOf('Systems/*'), ...routesOf('Managers/*') }

function ownerOf(state: ServiceState, kind: string, id: string): Owner | undefined {
  const { personality, hosts } = state
  if (kind === 'Systems/*') {
    const host = personality.mediaAt !== 'manager' ? state.host(id) : undefined
    return host && { host, path: host.path }
  }
  const [host] = hosts
  const isThere = personality.mediaAt !== 'system' && personality.managerId === id
  return isThere && host ? { host, path: `${paths.managers}/${id}` } : undefined
}

function routesOf(kind: 'Systems/*' | 'Managers/*'): Routes {
  const within =
    (make: (owner: Owner, slot: MediaSlot, state: ServiceState) => Resource | undefined): Route =>
    (state, [id = '', slotId = '']) => {
      const owner = ownerOf(state, kind, id)
      const slot = owner?.host.media.slot(slotId)
      return owner && slot && make(owner, slot, state)
    }
  const action = (run: (owner: Owner, slot: MediaSlot, state: ServiceState, body: JsonObject) => void) =>
    within((owner, slot, state) => {
      if (!slot.hasActions) return undefined
      return {
        writePrivilege: 'ConfigureManager',
        post: ({ body }) => {
          run(owner, slot, state, body)
          return noContent
        },
      }
    })
  return {
    [`${kind}/VirtualMedia`]: (state, [id = '']) => {
      const owner = ownerOf(state, kind, id)
      const ids = owner?.host.media.slots.map((slot) => `${owner.path}/VirtualMedia/${slot.id}`)
      return ids && collection('VirtualMedia', 'Virtual Media', ids)
    },
    [`${kind}/VirtualMedia/*`]: within(slotResource),
    [`${kind}/VirtualMedia/*/Actions/VirtualMedia.InsertMedia`]: action(insert),
    [`${kind}/VirtualMedia/*/Actions/VirtualMedia.EjectMedia`]: action(({ host }, slot, _, body) => {
      checkParameters('VirtualMedia.EjectMedia', body, {})
      host.media.eject(slot.id)
    }),
  }
}

function slotResource({ host, path }: Owner, slot: MediaSlot): Resource {
  const target = (name: string) => ({
    target: `${path}/VirtualMedia/${slot.id}/Actions/VirtualMedia.${name}`,
  })
  return {
    type: typeOf('VirtualMedia'),
    read: () => {
      const medium = host.media.medium(slot.id)
      return {
        Id: slot.id,
        Name: `Virtual drive ${slot.id}`,
        MediaTypes: [...slot.mediaTypes],
        Image: medium?.image ?? null,
        ImageName: medium ? (medium.image.split('/').at(-1) ?? '') : null,
        Inserted: medium !== undefined,
        ConnectedVia: medium ? 'URI' : 'NotConnected',
        WriteProtected: medium?.writeProtected ?? true,
        TransferProtocolType: medium?.transferProtocol ?? null,
        TransferMethod: medium?.transferMethod ?? null,
        UserName: medium?.username ?? null,
        Password: null,
        ...(slot.hasActions && {
          Actions: {
            '#VirtualMedia.InsertMedia': target('InsertMedia'),
            '#VirtualMedia.EjectMedia': target('EjectMedia'),
          },
        }),
      }
    },
  }
}

function insert({ host }: Owner, slot: MediaSlot, { quirks }: ServiceState, body: JsonObject): void {
  const required = (name: string) => quirks.mediaNeeds.includes(name)
  const name = 'VirtualMedia.InsertMedia'
  checkParameters(name, body, {
    Image: { type: 'string', required: true },
    Inserted: { type: 'boolean', required: required('Inserted') },
    WriteProtected: { type: 'boolean', required: required('WriteProtected') },
    TransferMethod: { type: 'string', required: required('TransferMethod'), values: ['Stream', 'Upload'] },
    TransferProtocolType: {
      type: 'string',
      required: required('TransferProtocolType'),
      values: ['HTTP', 'HTTPS', 'NFS', 'CIFS', 'FTP', 'SFTP', 'SCP', 'TFTP', 'OEM'],
    },
    UserName: { type: 'string' },
    Password: { type: 'string' },
    MediaTypes: { type: 'string' },
  })
  const image = body.Image as string
  if (!/^[a-z]+:\/\/\S+$/i.test(image)) throw refused(400, 'ActionParameterValueFormatError', image, 'Image', name)
  host.media.insert(slot.id, {
    image,
    writeProtected: body.WriteProtected !== false,
    username: textOf(body.UserName),
    transferProtocol: textOf(body.TransferProtocolType) ?? protocolOf(image),
    transferMethod: textOf(body.TransferMethod) ?? 'Stream',
  })
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function protocolOf(image: string): string | undefined {
  const scheme = image.split(':', 1)[0]?.toUpperCase() ?? ''
  return ['HTTP', 'HTTPS', 'NFS', 'CIFS', 'FTP', 'SFTP', 'SCP', 'TFTP'].includes(scheme) ? scheme : undefined
}
