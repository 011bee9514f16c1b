def simplified(claim, instance, found, least):
    return instance, found
