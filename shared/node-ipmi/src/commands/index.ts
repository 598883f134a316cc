import { chassisControl } from './chassis-control.ts'
import { chassisIdentify } from './chassis-identify.ts'
import { closeSession } from './close-session.ts'
import { getChannelAccess } from './get-channel-access.ts'
import { getChannelAuthenticationCapabilities } from './get-channel-authentication-capabilities.ts'
import { getChannelCipherSuites } from './get-channel-cipher-suites.ts'
import { getChannelInfo } from './get-channel-info.ts'
import { getChassisCapabilities } from './get-chassis-capabilities.ts'
import { getChassisStatus } from './get-chassis-status.ts'
import { getDeviceGuid } from './get-device-guid.ts'
import { getDeviceId } from './get-device-id.ts'
import { getFruInventoryAreaInfo } from './get-fru-inventory-area-info.ts'
import { getPohCounter } from './get-poh-counter.ts'
import { getSdr } from './get-sdr.ts'
import { getSdrRepositoryInfo } from './get-sdr-repository-info.ts'
import { getSelInfo } from './get-sel-info.ts'
import { getSelfTestResults } from './get-self-test-results.ts'
import { getSystemBootOptions } from './get-system-boot-options.ts'
import { getSystemGuid } from './get-system-guid.ts'
import { getSystemRestartCause } from './get-system-restart-cause.ts'
import { getUserAccess } from './get-user-access.ts'
import { getUserName } from './get-user-name.ts'
import { readFruData } from './read-fru-data.ts'
import { reserveSdrRepository } from './reserve-sdr-repository.ts'
import { setPowerRestorePolicy } from './set-power-restore-policy.ts'
import { setSessionPrivilegeLevel } from './set-session-privilege-level.ts'
import { setSystemBootOptions } from './set-system-boot-options.ts'

export * from './boot-option-parameters.ts'
export * from './chassis-control.ts'
export * from './chassis-identify.ts'
export * from './cipher-suite-records.ts'
export * from './close-session.ts'
export * from './command.ts'
export * from './get-channel-access.ts'
export * from './get-channel-authentication-capabilities.ts'
export * from './get-channel-cipher-suites.ts'
export * from './get-channel-info.ts'
export * from './get-chassis-capabilities.ts'
export * from './get-chassis-status.ts'
export * from './get-device-guid.ts'
export * from './get-device-id.ts'
export * from './get-fru-inventory-area-info.ts'
export * from './get-poh-counter.ts'
export * from './get-sdr.ts'
export * from './get-sdr-repository-info.ts'
export * from './get-sel-info.ts'
export * from './get-self-test-results.ts'
export * from './get-system-boot-options.ts'
export * from './get-system-guid.ts'
export * from './get-system-restart-cause.ts'
export * from './get-user-access.ts'
export * from './get-user-name.ts'
export * from './raw-command.ts'
export * from './read-fru-data.ts'
export * from './reserve-sdr-repository.ts'
export * from './set-power-restore-policy.ts'
export * from './set-session-privilege-level.ts'
export * from './set-system-boot-options.ts'

/** Every command that either end speaks, by the specification's name. */
export const commands = [
  chassisControl,
  chassisIdentify,
  closeSession,
  getChannelAccess,
  getChannelAuthenticationCapabilities,
  getChannelCipherSuites,
  getChannelInfo,
  getChassisCapabilities,
  getChassisStatus,
  getDeviceGuid,
  getDeviceId,
  getFruInventoryAreaInfo,
  getPohCounter,
  getSdr,
  getSdrRepositoryInfo,
  getSelInfo,
  getSelfTestResults,
  getSystemBootOptions,
  getSystemGuid,
  getSystemRestartCause,
  getUserAccess,
  getUserName,
  readFruData,
  reserveSdrRepository,
  setPowerRestorePolicy,
  setSessionPrivilegeLevel,
  setSystemBootOptions,
] as const
