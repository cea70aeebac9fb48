/** What a browser and Node have alike. */
import nacl from 'tweetnacl'
import type { SdkComponents } from './components.ts'
import { openMqttLink } from './mqtt-link.ts'

export const platform: SdkComponents = {
  openLink: openMqttLink,
  random: Math.random,
  randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
  verify: (key, message, signature) => verify(key, message, signature),
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

/**
 * By Web Cryptography where it knows Ed25519, which is thirty times faster and off the main thread; it is absent in pages
 * that came over plain HTTP. What the two disagree about is refused before (`holds`).
 */
const verify = async (key: Uint8Array, message: Uint8Array, signature: Uint8Array): Promise<boolean> => {
  const subtle = globalThis.crypto?.subtle as SubtleCrypto | undefined
  if (subtle !== undefined) {
    try {
      const imported = await subtle.importKey('raw', own(key), 'Ed25519', false, ['verify'])
      return await subtle.verify('Ed25519', imported, own(signature), own(message))
    } catch {
      // Ed25519 is not known here
    }
  }
  // milliseconds each: whatever waits for the thread goes first
  await new Promise((resolve) => setTimeout(resolve))
  return nacl.sign.detached.verify(message, signature, key)
}

/** Web Cryptography takes no view of a shared buffer. */
const own = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => Uint8Array.from(bytes)
