/** Results of activations that the controller had to end itself. */
export const NO_ACKNOWLEDGEMENT = 'The activation did not complete in time: no acknowledgement was received.'
export const NOT_STARTED = 'The activation was not started: the platform is shutting down.'
export const NOT_PUBLISHED = 'The activation was not started: the message queue did not accept it.'
