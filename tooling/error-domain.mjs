// Takes the place of the package async-hook-domain in the bundle of tap: an error that nobody catches goes to the test in
// whose asynchronous context it was thrown. That package follows each promise until it is collected, 5 % of the CPU time
// of a file with an endpoint; AsyncLocalStorage follows contexts alone.
import { AsyncLocalStorage } from 'node:async_hooks'

/** @typedef {'uncaughtException' | 'unhandledRejection'} Origin */

/** @type {AsyncLocalStorage<Domain>} */
const contexts = new AsyncLocalStorage()
let living = 0

/** From its constructor on it gets the errors of the context that made it, and of what that context starts. */
export class Domain {
  /** @type {(error: unknown, origin: Origin) => void} */
  onerror
  parent = contexts.getStore()
  isDestroyed = false

  /** @param {(error: unknown, origin: Origin) => void} onerror */
  constructor(onerror) {
    this.onerror = onerror
    contexts.enterWith(this)
    living++
    if (living === 1) {
      process.on('uncaughtExceptionMonitor', onUncaught)
      process.on('unhandledRejection', onUnhandled)
    }
  }

  /** Hands its errors to the domain around it. */
  destroy() {
    if (this.isDestroyed) return
    this.isDestroyed = true
    living--
    if (living === 0) {
      process.off('uncaughtExceptionMonitor', onUncaught)
      process.off('unhandledRejection', onUnhandled)
    }
  }

  /** The nearest living domain of a context. @returns {Domain | undefined} */
  static current() {
    let domain = contexts.getStore()
    while (domain?.isDestroyed) domain = domain.parent
    return domain
  }
}

/** Node ends the process after this, unless a callback captures the error. @param {unknown} error @param {Origin} origin */
function onUncaught(error, origin) {
  // A test that handles such errors by itself gets them.
  if (process.hasUncaughtExceptionCaptureCallback() || process.listenerCount('uncaughtException') > 0) return
  const domain = Domain.current()
  if (!domain) return
  domain.onerror(error, origin)
  process.setUncaughtExceptionCaptureCallback(() => process.setUncaughtExceptionCaptureCallback(null))
}

/** @param {unknown} error */
function onUnhandled(error) {
  if (process.listenerCount('unhandledRejection') > 1) return
  const domain = Domain.current()
  if (!domain) throw error
  domain.onerror(error, 'unhandledRejection')
}
