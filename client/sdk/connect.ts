import type { SdkComponents } from './components.ts'
import { openMqttLink } from './mqtt-link.ts'
import { openSession, type ConnectInit, type Session } from './session.ts'

/**
 * Logs in and stays connected. Resolves when the first connection stands; throws the named error
 * of the CONNACK (LOGIN_FAILED …), or CONNECTION_LOST when nobody answers.
 */
export const connect = (init: ConnectInit): Promise<Session> => openSession(platform, init)

const platform: SdkComponents = {
  openLink: openMqttLink,
  random: Math.random,
  newId: () =>
    Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join(''),
  now: Date.now,
  delay: (ms, signal) =>
    new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer)
        signal.removeEventListener('abort', done)
        resolve()
      }
      const timer = setTimeout(done, ms)
      if (signal.aborted) done()
      else signal.addEventListener('abort', done)
    }),
}
