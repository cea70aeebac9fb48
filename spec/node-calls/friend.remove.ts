import { betweenPeople } from './people.ts'

/** FRIEND-22 */
export const friendRemoveCall = betweenPeople('friend.remove')
