const resultNumbers: Readonly<Record<string, string>> = {
  VBOX_E_OBJECT_NOT_FOUND: '0x80bb0001',
  VBOX_E_INVALID_VM_STATE: '0x80bb0002',
  VBOX_E_FILE_ERROR: '0x80bb0004',
  VBOX_E_INVALID_OBJECT_STATE: '0x80bb0007',
  VBOX_E_OBJECT_IN_USE: '0x80bb000c',
  E_INVALIDARG: '0x80070057',
  E_ACCESSDENIED: '0x80070005',
  NS_ERROR_FAILURE: '0x80004005',
}

/** Exit code and output of a call. */
export class Answer extends Error {
  readonly code: number
  readonly stdout: string
  readonly stderr: string

  constructor(code: number, stdout: string, stderr: string) {
    super(stderr || stdout)
    this.code = code
    this.stdout = stdout
    this.stderr = stderr
  }
}

/** A failure in the format of VBoxManage. Without a result code it has one line. */
export function failure(text: string, result = '', component = 'MachineWrap'): Answer {
  const number = resultNumbers[result] ?? '0x80004005'
  const details = [
    `VBoxManage: error: Details: code ${result} (${number}), component ${component}, interface I${component.replace('Wrap', '')}, callee nsISupports`,
    'VBoxManage: error: Context: "(the fake)" at line 1 of file VBoxManageMisc.cpp',
  ]
  return new Answer(1, '', [`VBoxManage: error: ${text}`, ...(result ? details : []), ''].join('\n'))
}

export function syntaxError(text: string): Answer {
  return new Answer(2, '', `VBoxManage: error: ${text}\n`)
}

export const progress = '0%...10%...20%...30%...40%...50%...60%...70%...80%...90%...100%\n'
