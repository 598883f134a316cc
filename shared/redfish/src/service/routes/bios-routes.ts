import { checkParameters } from '../action.ts'
import type { Host } from '../host.ts'
import type { Json, JsonObject } from '../json-value.ts'
import { type Check, flag } from '../patch.ts'
import type { PendingSettings } from '../pending-settings.ts'
import { refused } from '../refusal.ts'
import { link, noContent, type Resource } from '../resource.ts'
import { typeOf } from '../schema-versions.ts'
import { message } from '../service-message.ts'
import type { ServiceState } from '../service-state.ts'
import type { Routes } from './routes.ts'

const KEY_RESETS = ['ResetAllKeysToDefault', 'DeleteAllKeys', 'DeletePK']

/** BIOS settings and secure boot; changes take effect at the next boot. DSP0268, Bios, SecureBoot. */
export const biosRoutes: Routes = {
  'Systems/*/Bios': (state, [id = '']) => {
    const host = state.host(id)
    return host && biosResource(state, host)
  },
  'Systems/*/Bios/*': (state, [id = '', part]) => {
    const host = state.host(id)
    if (!host || state.personality.biosSettings !== `Bios/${part}`) return undefined
    return {
      type: typeOf('Bios'),
      read: () => ({ Id: String(part), Name: 'Pending BIOS Settings', Attributes: { ...host.bios.pending } }),
      patch: {
        status: state.quirks.patchStatus,
        writable: attributeChecks(host.bios),
        apply: (changes) => {
          refuseInLockdown(state)
          const entries = Array.from(changes, ([name, value]) => [name.slice('Attributes.'.length), value] as const)
          host.bios.set(Object.fromEntries(entries))
          return undefined
        },
      },
    }
  },
  'Systems/*/Bios/Actions/Bios.ResetBios': (state, [id = '']) => {
    const host = state.host(id)
    return (
      host && {
        post: ({ body }) => {
          checkParameters('Bios.ResetBios', body, { ResetType: { type: 'string' } })
          refuseInLockdown(state)
          host.bios.reset()
          return noContent
        },
      }
    )
  },
  'Systems/*/Bios/Actions/Bios.ChangePassword': (state, [id = '']) => {
    const host = state.host(id)
    return (
      host && {
        post: ({ body }) => {
          checkParameters('Bios.ChangePassword', body, {
            PasswordName: { type: 'string', required: true },
            OldPassword: { type: 'string', required: true },
            NewPassword: { type: 'string', required: true },
          })
          refuseInLockdown(state)
          return noContent
        },
      }
    )
  },
  'Systems/*/SecureBoot': (state, [id = '']) => {
    const host = state.host(id)
    return host && secureBootResource(state, host)
  },
  'Systems/*/SecureBoot/Actions/SecureBoot.ResetKeys': (state, [id = '']) => {
    const host = state.host(id)
    return (
      host && {
        post: ({ body }) => {
          const type = { type: 'string', required: true, values: KEY_RESETS } as const
          checkParameters('SecureBoot.ResetKeys', body, { ResetKeysType: type })
          if (body.ResetKeysType !== 'ResetAllKeysToDefault') host.secureBoot.set({ SecureBootEnable: false })
          return noContent
        },
      }
    )
  },
}

function biosResource({ personality }: ServiceState, { path, bios }: Host): Resource {
  const target = (action: string) => ({ target: `${path}/Bios/Actions/Bios.${action}` })
  return {
    type: typeOf('Bios'),
    read: () => ({
      Id: 'BIOS',
      Name: 'BIOS',
      Attributes: { ...bios.current },
      ResetBiosToDefaultsPending: false,
      '@Redfish.Settings': {
        '@odata.type': '#Settings.v1_4_0.Settings',
        SettingsObject: link(`${path}/${personality.biosSettings}`),
        SupportedApplyTimes: ['OnReset'],
        ...(bios.appliedAt !== undefined && { Time: bios.appliedAt, Messages: [message('Success')] }),
      },
      Actions: { '#Bios.ResetBios': target('ResetBios'), '#Bios.ChangePassword': target('ChangePassword') },
    }),
  }
}

function secureBootResource({ quirks, personality }: ServiceState, { path, secureBoot }: Host): Resource {
  return {
    type: typeOf('SecureBoot'),
    read: () => {
      const isEnabled = { ...secureBoot.current, ...secureBoot.pending }.SecureBootEnable === true
      return {
        Id: 'SecureBoot',
        Name: 'Secure Boot',
        SecureBootEnable: isEnabled,
        SecureBootCurrentBoot: secureBoot.current.SecureBootEnable === true ? 'Enabled' : 'Disabled',
        SecureBootMode: 'UserMode',
        Actions: {
          '#SecureBoot.ResetKeys': {
            target: `${path}/SecureBoot/Actions/SecureBoot.ResetKeys`,
            'ResetKeysType@Redfish.AllowableValues': KEY_RESETS,
          },
        },
      }
    },
    patch: {
      status: quirks.patchStatus,
      writable: personality.bootModes.length > 0 ? { SecureBootEnable: flag } : {},
      apply: (changes) => {
        secureBoot.set({ SecureBootEnable: changes.get('SecureBootEnable') === true })
        return undefined
      },
    },
  }
}

/** An attribute keeps its type; names that the firmware lacks are unknown. */
function attributeChecks({ current }: PendingSettings): Readonly<Record<string, Check>> {
  const sameType =
    (present: Json): Check =>
    (value, name) =>
      typeof value === typeof present
        ? undefined
        : message('PropertyValueTypeError', [JSON.stringify(value), name], [name])
  return Object.fromEntries(
    Object.entries(current as JsonObject).map(([name, value]) => [`Attributes.${name}`, sameType(value ?? null)]),
  )
}

function refuseInLockdown({ quirks }: ServiceState): void {
  if (quirks.lockdown) throw refused(403, 'InsufficientPrivilege')
}
