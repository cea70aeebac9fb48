import { betweenPeople } from './people.ts'

/** FRIEND-22 */
export const friendAcceptCall = betweenPeople('friend.accept')
