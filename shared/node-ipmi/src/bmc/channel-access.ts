import type { getChannelAccess } from '../commands/get-channel-access.ts'
import { ChannelSetting, type setChannelAccess } from '../commands/set-channel-access.ts'
import { CompletionCode } from '../spec/completion-code.ts'
import { PrivilegeLevel } from '../spec/privilege-level.ts'

type Access = ReturnType<typeof getChannelAccess.response.decode>
type SetAccess = ReturnType<typeof setChannelAccess.request.decode>

const DISABLED = 0
const ALWAYS_AVAILABLE = 2
const MODE_NOT_SUPPORTED = 0x83

const initial: Access = {
  accessMode: ALWAYS_AVAILABLE,
  userLevelAuthenticationDisabled: false,
  perMessageAuthenticationDisabled: false,
  alertingDisabled: true,
  privilegeLimit: PrivilegeLevel.administrator,
}

/** Access mode and privilege limit of the LAN channel: the stored ones, and the present ones until a restart. §22.22. */
export class ChannelAccess {
  #stored = initial
  #present = initial

  /** Nobody opens a session while the channel is disabled. §6.6. */
  get isDisabled(): boolean {
    return this.#present.accessMode === DISABLED
  }

  get privilegeLimit(): number {
    return this.#present.privilegeLimit
  }

  /** `source` is a value of ChannelSetting; undefined for one that has no settings. */
  read(source: number): Access | undefined {
    if (source === ChannelSetting.stored) return this.#stored
    return source === ChannelSetting.present ? this.#present : undefined
  }

  /** A completion code where the request is refused as a whole. */
  write({ setAccess, setPrivilegeLimit, privilegeLimit, ...request }: SetAccess): number | undefined {
    const { accessMode, userLevelAuthenticationDisabled, perMessageAuthenticationDisabled, alertingDisabled } = request
    if (setAccess > ChannelSetting.present || setPrivilegeLimit > ChannelSetting.present)
      return CompletionCode.InvalidDataField
    if (setAccess !== ChannelSetting.keep && accessMode !== DISABLED && accessMode !== ALWAYS_AVAILABLE)
      return MODE_NOT_SUPPORTED
    if (
      setPrivilegeLimit !== ChannelSetting.keep &&
      (privilegeLimit < PrivilegeLevel.callback || privilegeLimit > PrivilegeLevel.administrator)
    )
      return CompletionCode.InvalidDataField
    this.#change(setAccess, {
      accessMode,
      userLevelAuthenticationDisabled,
      perMessageAuthenticationDisabled,
      alertingDisabled,
    })
    this.#change(setPrivilegeLimit, { privilegeLimit })
    return undefined
  }

  /** The BMC restarts with the stored settings. */
  restarted(): void {
    this.#present = this.#stored
  }

  #change(setting: number, changes: Partial<Access>): void {
    if (setting === ChannelSetting.stored) this.#stored = { ...this.#stored, ...changes }
    if (setting === ChannelSetting.present) this.#present = { ...this.#present, ...changes }
  }
}
