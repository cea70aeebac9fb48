import { platform } from './platform.ts'
import { openSession } from './open-session.ts'
import type { ConnectInit, Session } from './session.ts'

/**
 * Logs in and stays connected. Resolves when the first connection stands; throws the named error
 * of the CONNACK (LOGIN_FAILED …), or CONNECTION_LOST when nobody answers.
 */
export const connect = (init: ConnectInit): Promise<Session> => openSession(platform, init)
