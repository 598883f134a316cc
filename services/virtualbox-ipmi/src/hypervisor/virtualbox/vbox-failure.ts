import { type ErrorCode, PowerbusError } from '@powerbus/plugin-sdk'
import { howToMake } from './host-networks.ts'

const WORDS_MAX = 500

/** COM result codes, as in the line `Details: code VBOX_E_... (0x...)`. The SDK reference lists them. */
const resultCodes: Readonly<Record<string, ErrorCode>> = {
  VBOX_E_OBJECT_NOT_FOUND: 'OBJECT_UNKNOWN',
  VBOX_E_INVALID_VM_STATE: 'TARGET_STATE',
  VBOX_E_INVALID_OBJECT_STATE: 'TARGET_BUSY',
  VBOX_E_INVALID_SESSION_STATE: 'TARGET_BUSY',
  VBOX_E_OBJECT_IN_USE: 'TARGET_BUSY',
  E_ACCESSDENIED: 'TARGET_STATE',
}

/**
 * What VirtualBox says of a VM whose network or host adapter is missing, or cannot be used: 6.1 to 7.2, on Linux,
 * Windows and macOS (which has no host-only adapters since 7.0); the last one where a kernel module is not loaded.
 */
const missingNetwork = new RegExp(
  [
    'Nonexistent host(?:-only network| networking interface)',
    'Host-only adapters are no longer supported',
    'is not a (?:Host-Only|Bridged) Adapter interface',
    'VERR_INTNET_FLT_\\w+',
    'Failed to (?:open/create the internal network|attach the network LUN|initialize Host Interface Networking)',
    'VERR_SUPDRV_COMPONENT_NOT_FOUND',
  ].join('|'),
)
const networkAdvice = [
  'the network of this VM is missing on this host: see which there are with `VBoxManage list hostonlyifs`',
  '(macOS: `list hostonlynets`; bridged: `list bridgedifs`)',
  `and ${howToMake.hostonly}`,
  `(macOS: ${howToMake.hostonlynet})`,
  'or give the VM another one with `VBoxManage modifyvm VM --nic1 KIND`;',
  'new VMs get the one of virtualbox/network-kind and virtualbox/network-name.',
  'If it is there, load the kernel modules vboxnetflt and vboxnetadp',
].join(' ')

/**
 * Failures without a result code, or with one of many meanings. The first match counts; with advice, it goes before the
 * result code.
 */
const words: readonly { readonly pattern: RegExp; readonly code: ErrorCode; readonly advice?: string }[] = [
  {
    pattern: /^sudo: .*password is required/m,
    code: 'AUTH_FAILED',
    advice:
      'let sudo run it without a password: a line `SERVICE-USER ALL=(VIRTUALBOX-USER) NOPASSWD: PATH/VBoxManage` in sudoers',
  },
  { pattern: /^sudo: /m, code: 'AUTH_FAILED', advice: 'check virtualbox/user and what sudoers allows this user' },
  { pattern: missingNetwork, code: 'TARGET_STATE', advice: networkAdvice },
  {
    pattern: /Invalid type '.*' spec\w*fied for NIC/,
    code: 'PARAM_INVALID',
    advice: 'set another virtualbox/network-kind: this VirtualBox does not have this one',
  },
  { pattern: /is not currently running/, code: 'TARGET_STATE' },
  { pattern: /already exists|VERR_ALREADY_EXISTS/, code: 'OBJECT_CONFLICT' },
  { pattern: /Could not find a registered machine|Could not find file for the medium/, code: 'OBJECT_UNKNOWN' },
  { pattern: /already locked|while it is locked|not locked for session/, code: 'TARGET_BUSY' },
]

const RESULT_CODE = /^\S+: error: Details: code (\w+) /m
const ERROR_LINE = /^\S*vboxmanage\S*: error: (.*)$/gim

/**
 * Whether a program that ended with 0 reports an error. On stdout only the first line counts, since later ones may
 * quote texts.
 */
export function hasErrorText(stdout: string, stderr: string): boolean {
  return /^\S*vboxmanage\S*: error: /im.test(stderr) || /^\S*vboxmanage\S*: error: /i.test(stdout)
}

/** Exit code of VBoxManage for a command or an option that it does not have. */
const SYNTAX = 2

/** The error of a failed call, with VirtualBox's words. `exitCode`: null where there is none. */
export function vboxFailure(what: string, output: string, exitCode: number | null): PowerbusError {
  const said = wordsOf(output)
  const rule = words.find(({ pattern }) => pattern.test(output))
  const result = RESULT_CODE.exec(output)?.[1] ?? ''
  const unknown = exitCode === SYNTAX ? 'CAPABILITY_UNSUPPORTED' : 'TARGET_UNREACHABLE'
  const code = (rule?.advice === undefined ? undefined : rule.code) ?? resultCodes[result] ?? rule?.code ?? unknown
  return new PowerbusError(code, `${what}: ${said}${rule?.advice ? `; ${rule.advice}` : ''}`)
}

/** The error lines without prefix, `Details` and `Context`; where there are none, the last three lines. */
function wordsOf(output: string): string {
  const lines = Array.from(output.matchAll(ERROR_LINE), ([, line = '']) => line.trim()).filter(
    (line) => !/^(Details|Context): /.test(line),
  )
  const last = output.trim().split('\n').slice(-3).join(' ')
  return (lines.join('; ') || last || 'it printed nothing').slice(0, WORDS_MAX)
}
