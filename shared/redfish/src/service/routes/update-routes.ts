import { checkParameters } from '../action.ts'
import { isJsonObject, type JsonObject } from '../json-value.ts'
import { paths } from '../paths.ts'
import { refused } from '../refusal.ts'
import { type Call, collection, link, noContent } from '../resource.ts'
import { typeOf } from '../schema-versions.ts'
import { message } from '../service-message.ts'
import type { ServiceState } from '../service-state.ts'
import { startTask } from '../task-answer.ts'
import type { Routes } from './routes.ts'

const ACTION = 'UpdateService.SimpleUpdate'
const APPLY_TIMES = ['Immediate', 'OnReset']
const PROTOCOLS = ['HTTP', 'HTTPS', 'FTP', 'NFS', 'CIFS', 'TFTP', 'SFTP', 'SCP']
const MAX_IMAGE_BYTES = 64 * 1024 * 1024

/** Firmware. Images are taken and recorded; the versions stay. DSP0268, UpdateService, SoftwareInventory. */
export const updateRoutes: Routes = {
  UpdateService: () => ({
    type: typeOf('UpdateService'),
    read: () => ({
      Id: 'UpdateService',
      Name: 'Update Service',
      ServiceEnabled: true,
      FirmwareInventory: link(paths.firmware),
      MaxImageSizeBytes: MAX_IMAGE_BYTES,
      MultipartHttpPushUri: `${paths.updateService}/upload`,
      HttpPushUri: `${paths.updateService}/push`,
      Status: { State: 'Enabled', Health: 'OK' },
      Actions: {
        [`#${ACTION}`]: {
          target: `${paths.updateService}/Actions/${ACTION}`,
          'TransferProtocol@Redfish.AllowableValues': PROTOCOLS,
          '@Redfish.OperationApplyTimeSupport': {
            '@odata.type': '#Settings.v1_4_0.OperationApplyTimeSupport',
            SupportedValues: APPLY_TIMES,
          },
        },
      },
    }),
  }),

  'UpdateService/FirmwareInventory': () =>
    collection(
      'SoftwareInventory',
      'Firmware',
      ['BMC', 'BIOS'].map((id) => `${paths.firmware}/${id}`),
    ),

  'UpdateService/FirmwareInventory/*': ({ personality, hosts }, [id = '']) => {
    if (id !== 'BMC' && id !== 'BIOS') return undefined
    const related = id === 'BMC' ? [`${paths.managers}/${personality.managerId}`] : hosts.map(({ path }) => path)
    return {
      type: typeOf('SoftwareInventory'),
      read: () => ({
        Id: id,
        Name: `${id} firmware`,
        Manufacturer: personality.manufacturer,
        Version: id === 'BMC' ? personality.firmware : '1.0.0',
        SoftwareId: id,
        Updateable: true,
        RelatedItem: personality.hasNoSystems && id === 'BIOS' ? [] : related.map(link),
        Status: { State: 'Enabled', Health: 'OK' },
      }),
    }
  },

  [`UpdateService/Actions/${ACTION}`]: (state) => ({
    post: (call) => {
      checkParameters(ACTION, call.body, {
        ImageURI: { type: 'string', required: true },
        TransferProtocol: { type: 'string', values: PROTOCOLS },
        Targets: { type: 'array' },
        Username: { type: 'string' },
        Password: { type: 'string' },
        ForceUpdate: { type: 'boolean' },
        Stage: { type: 'boolean' },
        LocalImage: { type: 'boolean' },
        ExcludeTargets: { type: 'array' },
      })
      const image = call.body.ImageURI as string
      if (!URL.canParse(image)) throw refused(400, 'ActionParameterValueFormatError', image, 'ImageURI', ACTION)
      return update(state, call, { target: targetOf(call.body), source: image, bytes: undefined })
    },
  }),

  'UpdateService/upload': (state) => ({
    takesOctets: true,
    post: (call) => {
      const parameters = parametersOf(call)
      const file = call.parts.get('UpdateFile')
      if (!file) throw refused(400, 'MissingOrMalformedPart')
      return update(state, call, { target: targetOf(parameters), source: 'multipart', bytes: file.length })
    },
  }),

  'UpdateService/push': (state) => ({
    takesOctets: true,
    post: (call) => {
      const octets = call.parts.get('')
      if (!octets || octets.length === 0) throw refused(400, 'UnrecognizedRequestBody')
      return update(state, call, { target: '', source: 'octets', bytes: octets.length })
    },
  }),
}

function parametersOf({ parts }: Call): JsonObject {
  const part = parts.get('UpdateParameters')
  try {
    const parsed: unknown = JSON.parse(Buffer.from(part ?? []).toString())
    if (isJsonObject(parsed)) return parsed
  } catch {
    // Answered below, as for a part that is missing.
  }
  throw refused(400, 'MissingOrMalformedPart')
}

function targetOf({ Targets: targets }: JsonObject): string {
  return Array.isArray(targets) && typeof targets[0] === 'string' ? targets[0] : ''
}

function update(state: ServiceState, { caller }: Call, image: ServiceState['images'][number]) {
  return startTask(state, 'Firmware update', caller, () => {
    state.images.push(image)
    return { ...noContent, status: 200, body: { '@Message.ExtendedInfo': [message('Success')] } }
  })
}
