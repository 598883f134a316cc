import { bits, bytes } from '../codec/bits.ts'
import { empty } from '../codec/empty.ts'
import { NetFn } from '../spec/net-fn.ts'
import { command } from './command.ts'

export const UserPasswordOperation = { disableUser: 0, enableUser: 1, setPassword: 2, testPassword: 3 } as const

/** Sets or tests a user's password, or enables or disables the user. §22.30. */
export const setUserPassword = command({
  name: 'Set User Password',
  netFn: NetFn.App,
  cmd: 0x47,
  privilege: 'administrator',
  request: bits({
    userId: [0, 6],
    /** The password has 20 bytes, otherwise 16. */
    is20Bytes: [7],
    /** A value of UserPasswordOperation. */
    operation: [8, 2],
    /** 16 or 20 bytes padded with zeros; without meaning where the user is enabled or disabled. */
    password: bytes(2),
  }),
  response: empty,
  completionCodes: {
    128: 'the password is another one',
    129: 'the password was stored with the other size',
  },
})
