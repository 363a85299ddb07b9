"""Print a profile's session for the engine, whose SDK asks AWS itself for sessions of profiles."""

import json
import sys

import boto3

if __name__ == "__main__":
    found = boto3.Session(profile_name=sys.argv[1]).get_credentials()
    assert found is not None
    given = found.get_frozen_credentials()
    print(  # noqa: T201 -- what `credential_process` reads
        json.dumps(
            {
                "Version": 1,
                "AccessKeyId": given.access_key,
                "SecretAccessKey": given.secret_key,
                "SessionToken": given.token,
            }
        )
    )
