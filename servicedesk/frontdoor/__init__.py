"""What stands behind `./madoguchi`: makes the environment, starts the services, supervises the processes.

Standard library only, because it runs before anything is installed. Nothing here imports Django.
"""
